"""How to reach a broker: connections, topics, codecs, the group's coordinator, and a broker for tries."""
