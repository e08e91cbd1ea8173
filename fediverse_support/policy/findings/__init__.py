"""What is to be said about a policy before it is in force: what cannot be, does nothing, could be better."""

from fediverse_support.policy.findings.checking import (
    MOST_FINDINGS,
    Finding,
    Known,
    check,
    of_document,
    of_whole,
)

__all__ = ["MOST_FINDINGS", "Finding", "Known", "check", "of_document", "of_whole"]
