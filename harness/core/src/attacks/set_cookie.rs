//! What servers get wrong when they set a session cookie. No row has tokens: the rules of the audit judge the lines, and
//! `assay inspect` shows what they say. Each row is its rule's.

use token_assay_model::{Level, Severity};

use super::{Area, Class, Family, Make, Says};
use crate::audit::{Rule, attributes, contents, lifetime, logout, responses, scope};

/// A rule's row.
const fn audited(rule: &'static Rule) -> Class {
    Class {
        id: rule.id,
        title: rule.title,
        construction: rule.construction,
        says: Says::Audited(rule.level),
        severity: rule.severity,
        references: rule.references,
        cwe: rule.cwe,
        make: Make::Audit { rule },
    }
}

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "set-cookie",
    title: "Set-Cookie lines, the responses around them, and what a logout leaves",
    classes: CLASSES,
};

static CLASSES: &[Class] = &[
    audited(&attributes::HTTPONLY_MISSING),
    audited(&attributes::SECURE_MISSING),
    audited(&attributes::SAMESITE_MISSING),
    audited(&attributes::SAMESITE_NONE_INSECURE),
    audited(&attributes::SAMESITE_BAD_VALUE),
    audited(&responses::SAMESITE_NONE_NO_CSRF),
    audited(&scope::DOMAIN_PARENT),
    audited(&scope::DOMAIN_PUBLIC_SUFFIX),
    audited(&scope::DOMAIN_LEADING_DOT),
    audited(&scope::PATH_BROAD),
    audited(&scope::PREFIX_ABSENT),
    audited(&scope::PREFIX_HOST_NONCONFORM),
    audited(&scope::PREFIX_SECURE_NONCONFORM),
    audited(&scope::PREFIX_MISSPELT),
    audited(&lifetime::MAXAGE_TOO_LONG),
    audited(&lifetime::PERSISTENT_SESSION),
    audited(&lifetime::MAXAGE_MALFORMED),
    audited(&lifetime::EXPIRES_MALFORMED),
    audited(&lifetime::EXPIRES_MAXAGE_CONFLICT),
    audited(&logout::DELETE_MISMATCH),
    audited(&logout::DELETE_MISSING),
    audited(&attributes::DUP_ATTRIBUTE),
    audited(&responses::DUP_NAME),
    audited(&attributes::PARTITIONED),
    Class {
        id: "sc-attr-injection",
        title: "Text of a user's that is put into a cookie adds attributes of its own.",
        construction: "a name, value, domain, path, SameSite or Priority that holds `; Domain=…`, given to the serialiser",
        says: Says::Audited(Level::Must),
        severity: Severity::Medium,
        references: &[
            "CVE-2024-47764 (cookie)",
            "GHSA-5pq2-9x2x-5p6w",
            "CVE-2026-47675",
            "CVE-2026-56762 (hono)",
            "draft-ietf-httpbis-rfc6265bis §4.1.1",
        ],
        cwe: Some(74),
        make: Make::Waits {
            area: Area::CookieSerializer,
            because: "a line with an attribute that was injected looks like any other; what is judged is whether the \
                      serialiser refuses the text, and that is asked of the serialiser",
        },
    },
    audited(&responses::CRLF_INJECTION),
    audited(&contents::TOO_LARGE),
    audited(&responses::OVER_PLAIN_HTTP),
    audited(&responses::CACHEABLE_RESPONSE),
    audited(&contents::ID_IN_BODY_OR_URL),
    audited(&contents::PII_IN_COOKIE),
    audited(&contents::TOKEN_LOCALSTORAGE),
    Class {
        id: "sc-reissue-after-logout",
        title: "A request that is under way when a logout is answered sets the session cookie again.",
        construction: "the response to a slow request, sent after the response to the logout, with the session cookie in it",
        says: Says::Audited(Level::Should),
        severity: Severity::High,
        references: &["auth0/nextjs-auth0 PR 2530", "OWASP ASVS 5.0 V7.4.1"],
        cwe: Some(613),
        make: Make::Waits {
            area: Area::LiveService,
            because: "what counts is the order in which a service answers requests that overlap",
        },
    },
    audited(&responses::HSTS_ABSENT),
];
