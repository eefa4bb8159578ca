std = "lua54"
max_line_length = 100
files["tests/spec"] = { std = "lua54+busted" }
exclude_files = { "tests/reference" } -- made by scripts
files["lua/meta"] = { unused = false, unused_args = false } -- descriptions, without bodies
