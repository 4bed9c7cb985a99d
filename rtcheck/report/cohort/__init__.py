"""The cohort: what a batch's tables say of all plans together, without reading any dose again.

- `record`: the tables, streamed.
- `tally`: goals over all plans, with intervals and outliers.
- `whatif`: another limit on stored values.
- `population`: DVHs of a role over all plans.
- `drawing`, `page`, `text`: for readers.
"""

from rtcheck.report.cohort.page import write_cohort_html
from rtcheck.report.cohort.record import Cohort

__all__ = ["Cohort", "write_cohort_html"]
