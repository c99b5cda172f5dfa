"""The local runner: PostgreSQL, a broker, every agency's services and a front, on one machine, by one command."""
