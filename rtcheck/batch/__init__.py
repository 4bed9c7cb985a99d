"""Whole cohorts: plans found in any layout, checked by many processes, kept as a dataset.

- `scan`: from folders to RT objects, headers only.
- `places`, `remote`: where inputs lie: files, URLs, members of archives.
- `units`: from RT objects to units of work, one plan each.
- `settings`: what all plans are checked with.
- `work`: one plan checked, in whatever process.
- `engine`, `dask_engine`: who does the work; `child`: the processes it is done in.
- `store`: what is done is kept, whole or not at all.
- `run`, `many`: the batch, with resume, and the call for it.
- `dataset`: tables of plans, verdicts and curves.
- `watch`: the same for a folder that is still being filled.
"""
