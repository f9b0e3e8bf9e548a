"""`argus status --watch`: what each part does, measured again and again."""
