"""What plugins and the house agree on: frozen data, ports, base classes, the registry.

Imports only `kernel`. No Django, no HTTP client, no plugin.
"""
