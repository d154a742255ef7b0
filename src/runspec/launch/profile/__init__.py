"""The profiles of env.toml, and the settings that come of them (PRF)."""
