"""What several plugins need: manners towards servers, gathering of streams, reading of payloads."""
