"""Reads mails with Python's email package: one JSON object a line for the files named on standard input."""
import email, email.header, email.policy, json, sys

def text_of(part):
    raw = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return raw.decode("cp1252", "replace")

for path in sys.stdin.read().splitlines():
    with open(path, "rb") as f:
        mail = email.message_from_binary_file(f, policy=email.policy.compat32)
    out = {"file": path, "plain": [], "html": [], "names": []}
    for part in mail.walk():
        name = part.get_filename()
        if name:
            out["names"].append(str(email.header.make_header(email.header.decode_header(name))) if "=?" in name else name)
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            out["plain"].append(text_of(part))
        elif kind == "text/html":
            out["html"].append(text_of(part))
    print(json.dumps(out))
