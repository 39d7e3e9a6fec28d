"""The service: Kafka in, Kafka out.

Read in this order: `pipeline.pipeline` (a record's way), `worker.service` (gate, ledger, what bounds it),
`worker.faust_app` and `worker.agents` (Faust), `tasks` (how scores become verdicts), `worker.life` (from start to
drain).
"""
