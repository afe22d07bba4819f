"""The map's page kept on a device, so that it opens without a network (docs/explanation/offline.md)."""
