"""Files become logs: one module per file format or device."""
