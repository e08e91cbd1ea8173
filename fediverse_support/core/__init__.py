"""The ground floor: errors, settings, identifiers, clock, logs, markup. Imports nothing of ours."""
