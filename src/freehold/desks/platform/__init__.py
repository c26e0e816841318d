"""What all of the platform rests on: its being set up, changes told, letters, audit, copies."""
