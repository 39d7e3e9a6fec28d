"""One model on many sets of other origins: does what it learned hold elsewhere?

`sets` reads folders of tables, `report` figures them set by set, `ordinary` counts labels on text that deserves none,
`comparison` sets two or more models side by side on the same rows, `picture` draws it.
"""
