"""What the community says of itself and to everybody, and the policy in force."""
