"""The emulated AWS: moto's server, with state that survives a restart and with what moto gets wrong put right."""
