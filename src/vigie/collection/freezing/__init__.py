"""Evidence: copies of what posts said, kept by a reasoned decision whatever their source does."""
