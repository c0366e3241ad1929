/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How OpenSSL starts. */
#ifndef ASSAY_CRYPTO_INIT_H
#define ASSAY_CRYPTO_INIT_H

/*
 * Before anything else of this library: OpenSSL reads no openssl.cnf, and prepares no tables of
 * names and texts that only configuration, PEM and messages need.  For a program that starts once
 * a boot, where half of its time would go into that.  Certificates are then good for their keys:
 * chains of them are not verified (X509_verify_cert() refuses, for want of the tables), and
 * OpenSSL's errors are numbers.
 */
void crypto_init_plain(void);

#endif
