"""What members and visitors see. Thin: read a form, call a function of the community, show a template."""
