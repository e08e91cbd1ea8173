"""What members write in groups: judged, kept, told to others, changed, taken away; polls and events."""
