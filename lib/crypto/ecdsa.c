/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two forms of an ECDSA signature. */
#include "crypto/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "crypto/ossl.h"

OSSL_CLEANUP(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)

static int set_numbers(ECDSA_SIG *sig, const struct ecdsa_rs *rs)
{
	BIGNUM *r = BN_bin2bn(rs->r, (int)rs->r_len, NULL);
	BIGNUM *s = BN_bin2bn(rs->s, (int)rs->s_len, NULL);

	if (sig && r && s && !BN_is_zero(r) && !BN_is_zero(s) && ECDSA_SIG_set0(sig, r, s) == 1)
		return 0;
	BN_free(r);
	BN_free(s);
	return -1;
}

int ecdsa_to_der(const struct ecdsa_rs *rs, uint8_t ret_der[static ECDSA_DER_MAX], size_t *ret_len,
		 struct err *err)
{
	CLEANUP(cleanup_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *at = ret_der;
	int n;

	if (rs->r_len == 0 || rs->s_len == 0 || rs->r_len > ECDSA_HALF_MAX ||
	    rs->s_len > ECDSA_HALF_MAX || set_numbers(sig, rs) < 0) {
		ERR_clear_error();
		return err_set(err, "not a signature of ECDSA");
	}
	n = i2d_ECDSA_SIG(sig, NULL);
	if (n <= 0 || n > ECDSA_DER_MAX || i2d_ECDSA_SIG(sig, &at) != n)
		return ossl_fail(err, "signature of ECDSA");
	*ret_len = (size_t)n;
	return 0;
}

int ecdsa_from_der(const void *der, size_t len, size_t half, uint8_t *ret_raw, struct err *err)
{
	CLEANUP(cleanup_sig) ECDSA_SIG *sig = NULL;
	const unsigned char *at = der;

	if (len <= ECDSA_DER_MAX)
		sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (!sig || at != (const unsigned char *)der + len ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret_raw, (int)half) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret_raw + half, (int)half) < 0) {
		ERR_clear_error();
		return err_set(err, "not a signature of ECDSA");
	}
	return 0;
}
