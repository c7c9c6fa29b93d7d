"""How cases reach their teams, their customers and other programs: an outbox and two ways out."""
