"""What other tools call things, for hints: read only once a mistake has been made.

``words`` are names of fields, values and types; ``types`` says what takes the place of a type that needs settings as
well; ``options`` and ``verbs`` are those of other command lines; ``files`` and ``texts`` recognise other formats, and
``old_code`` Python code of Caffe's years.
"""
