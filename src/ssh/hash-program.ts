/** SHA-256 of nothing: what a program has to answer before it is used. */
export const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * POSIX shell that defines `h`, which hashes its standard input and prints the digest first, and `hf`, which does the same
 * for the files named, each on a line. Names that hold a backslash or newline are not for `hf`: programs write them
 * differently. Where the machine has no program, `h` says `none`.
 *
 * OpenSSL comes first for long inputs: it uses the processor's instructions for SHA, and Debian's `sha256sum` does not
 * (measured: 0.7 s of processor time a GiB against 4.8 s). Its start takes longer, so that small files are not for it.
 */
export const DEFINE_HASH = `
h() { echo none; }
if command -v sha256sum >/dev/null 2>&1; then h() { sha256sum; }; hf() { sha256sum -- "$@"; }
elif command -v shasum >/dev/null 2>&1; then h() { shasum -a 256; }; hf() { shasum -a 256 -- "$@"; }
elif command -v openssl >/dev/null 2>&1; then hf() { openssl dgst -sha256 -r "$@"; }
fi
case $(openssl dgst -sha256 -r </dev/null 2>/dev/null) in ${SHA256_OF_NOTHING}*) h() { openssl dgst -sha256 -r; } ;; esac
`;
