"""Lists of domains as others keep them: read in any form, compared, written."""
