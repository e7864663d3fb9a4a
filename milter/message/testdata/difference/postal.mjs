// Reads mails with postal-mime: one JSON object a line for the files named on standard input.
import { readFileSync } from "node:fs";
const { default: PostalMime } = await import("../../../../packaging/e2e/browser/node_modules/postal-mime/src/postal-mime.js");
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const out = { file: path, plain: [], html: [], names: [] };
  try {
    const mail = await PostalMime.parse(readFileSync(path), { rfc822Attachments: true });
    if (mail.text && !(mail.html && !mail.text.trim())) out.plain.push(mail.text);
    if (mail.html) out.html.push(mail.html);
    out.names = mail.attachments.map((a) => a.filename).filter(Boolean);
  } catch (e) {
    out.failed = true;
  }
  console.log(JSON.stringify(out));
}
