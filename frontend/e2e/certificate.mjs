// Certificates that a test makes itself, and what makes Chromium trust one.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for this machine, good for two days: the paths of its files, and the hash of its key for `trust`. */
export function certificate(dir) {
  const [cert, key] = ['cert', 'key'].map((name) => join(dir, `${name}.pem`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const spki = new X509Certificate(readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  return { cert, key, hash: createHash('sha256').update(spki).digest('base64') };
}

/** The flag with which a Chromium trusts it, also where no page could be asked: in connections to a relay. */
export const trust = ({ hash }) => `--ignore-certificate-errors-spki-list=${hash}`;
