"""From a machine, a model and what is wanted to the ordered ways to run it. Pure: nothing is loaded or started."""

from autoglm_backend.plan.candidate import Candidate, Estimate, Plan, Setting, Wanted
from autoglm_backend.plan.ladder import plan

__all__ = ["Candidate", "Estimate", "Plan", "Setting", "Wanted", "plan"]
