"""How good a model folder is on labelled tables, and what tells two of them apart.

`tables` reads rows, `scoring` sends them through the serving engine, `figures` groups them, `statistics` and
`resampling` turn them into figures with intervals; `robustness`, `picture`, `comparison` and `registry` build on that.
Needs numpy alone; pyarrow where a table is Parquet, matplotlib for a picture. Never torch.
"""
