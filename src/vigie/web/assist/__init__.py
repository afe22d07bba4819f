"""The room of needs: help asked for, sorted, handed over, followed to its end."""
