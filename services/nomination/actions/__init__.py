"""The verbs of nominating: plans and units, dossiers, what is heard of them, what is handed on."""
