"""The service: Kafka in, Kafka out.

Read in this order: `pipeline` (a record's way), `service` (gate, ledger, what bounds it), `app` and `agents` (Faust),
`tasks` (how scores become verdicts), `worker` (from start to drain).
"""
