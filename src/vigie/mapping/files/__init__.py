"""Files of geographic data: read apart from the house, written for others. No Django in here."""
