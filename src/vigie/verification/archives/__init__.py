"""Kept copies of pages: fetched by a job, packed as WACZ, stamped, looked at again, handed out."""
