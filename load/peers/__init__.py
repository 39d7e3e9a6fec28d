"""What a team would build in place of Tidegate: small programs, each good at its job, that `load bench` measures.

Each reads `PREFIX.posts`, publishes the labels of every post to `PREFIX.labels` (what is no post to
`PREFIX.dead-letters`), and commits only what the broker has acknowledged. They know nothing of Tidegate but its model:
no cleaning of disguised words, no spans, no policy, no order across batches, no bounded memory. All of that is in their
favour.
"""
