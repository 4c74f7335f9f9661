"""Options and help of the verbs; each module is imported when its verb is used."""
