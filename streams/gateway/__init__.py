"""Scoring over HTTP (`tidegate serve`): the pipeline of the worker behind three interfaces that clients already speak.

`app` puts the interfaces together: `moderations` (OpenAI's), `perspective` with `discovery` (Perspective's) and
`native` (our own schemas). `intake` lets a request in: key, rate, body, deadline. `scoring` feeds the pipeline, and
`life` runs it all. Knows no Kafka client: who sends to topics is handed in, and only where brokers are configured.
"""
