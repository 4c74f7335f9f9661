"""The verbs' options and help; each is imported when it is asked for."""
