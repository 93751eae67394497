"""Why an object is missing: probes ask the endpoint (reads only), what they find is evidence, a table names the cause.

A new cause is one file in `probes/` (what to ask, what it shows), its line in `diagnose.PROBES`, and one row in
`verdicts.TABLE`.
"""

from s3tui.diagnosis.diagnose import why
from s3tui.diagnosis.model import Candidate, Diagnosis, Evidence, Unchecked, Verdict
from s3tui.diagnosis.text import report, to_json

__all__ = ["Candidate", "Diagnosis", "Evidence", "Unchecked", "Verdict", "report", "to_json", "why"]
