"""The map on paper: the sheet's measures, the drawing, the PDF. Pure: no rows, no network."""
