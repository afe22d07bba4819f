"""Claims, what shows whether they are true, what two people conclude, and what the public reads."""
