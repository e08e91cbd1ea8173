"""What has happened is told to those whom it concerns, on their pages and devices."""
