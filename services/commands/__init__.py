"""Commands: what people write in comments (`/phase retry 2`), tick in notices, or order elsewhere by the same verbs."""
