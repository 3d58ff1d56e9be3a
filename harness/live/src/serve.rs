//! The reference service over HTTP, for whoever wants a sound service (or one with a planted fault) at an address. Takes a
//! kind, a fault or none, a store and an address on this machine; gives a service that speaks HTTP/1.1 and HTTP/2 on one port,
//! in the clear (HTTP/2 by prior knowledge) or by TLS (ALPN), until it is dropped. Decides nothing about logins: every answer
//! is [`Reference`](token_assay::sessions::reference::Reference)'s. Never listens beyond the loopback, and never reads the
//! machine's clock: its own goes on when it is told to.
//!
//! # The interface
//!
//! **The tenant is the host**: `Host` (HTTP/1.1) or `:authority` (HTTP/2) without its port; `north.example` and
//! `south.example` have users. **The client** that logs in or refreshes is the member `client` of the body, `web` where it is
//! missing. **A credential** is the cookie `__Host-sid` (kinds `session`, `hybrid`) or `Authorization: Bearer` with the access
//! token (kinds `jwt`, `hybrid`), or both.
//!
//! Bodies are JSON (`application/json`); `POST /login` also takes `application/x-www-form-urlencoded`. A body that is empty
//! counts as `{}`. No body is longer than 256 KiB, no header section either.
//!
//! | request | body | what it does | who may |
//! |---|---|---|---|
//! | `POST /visit` | – | a page before any login, which may set an id | anybody |
//! | `POST /login` | `{name, password, client?}` | logs in | anybody |
//! | `GET /me` | – | who the request counts as | a credential |
//! | `POST /refresh` | `{refresh, client?}` | new tokens | the refresh token |
//! | `POST /logout` | `{refresh?}` | ends the login of the cookie (`session`, `hybrid`), or of this refresh token (`jwt`) | either |
//! | `POST /logout-others` | – | ends the user's other logins | a credential |
//! | `POST /logout-all` | – | ends all of them | a credential |
//! | `GET /sessions` | – | the handles of the user's logins | a credential |
//! | `POST /sessions/revoke` | `{handle}` | ends one of them | a credential |
//! | `POST /password` | `{old, new}` | another password; the other logins end | a credential |
//! | `POST /admin/disable`, `/admin/enable` | `{name}` | of a user of this host | the control token |
//! | `POST /admin/drop-role`, `/admin/grant-role` | `{name, role}` | the same | the control token |
//! | `GET /.well-known/jwks.json` | – | the keys that verify access tokens (EdDSA) | anybody |
//! | `POST /control/advance` | `{seconds}` | the clock goes on | the control token |
//! | `POST /control/rotate-key`, `/control/retire-keys` | – | another key signs; those that sign no longer are served no longer | the control token |
//! | `POST /control/compromise-key` | – | gives `{kid, secret}` away (base64url), and another key signs | the control token |
//! | `POST /control/store` | `{fault}`: `up`, `down`, `slow-writes`, `stale-replica`, `corrupt`, `wiped` | the store fails so | the control token |
//! | `POST /control/restart` | – | what is kept in the process is lost | the control token |
//! | `POST /control/reset` | `{seed?}` | a new service: clock, users, keys, store | the control token |
//! | `GET /control/log` | – | `{lines}`: what was logged since this was last asked | the control token |
//! | `GET /control/key-fetches` | – | `{fetches}`: how often keys were asked for | the control token |
//! | `GET /control/info` | – | `{name, kind, policy, capabilities, users}`; each user `{name, host, password, roles}` | the control token |
//!
//! **The control token** is drawn at the start, printed once, and sent as `Assay-Control: <token>`.
//!
//! # Answers
//!
//! | status | says |
//! |---|---|
//! | 200 | granted: `{name, host, roles}`, and where there are some `handle`, `access`, `refresh`, `sessions` (a list of handles); Set-Cookie beside it. A control answers what stands above, or `{}` |
//! | 400, 404, 405, 413, 415 | not a request of this interface; nothing was done |
//! | 401 | denied: `{error: "denied"}` |
//! | 403 | `{error: "cross-origin"}`: see below; `{error: "control"}`: the control token is missing or wrong |
//! | 500 | the service fell over: always a finding |
//! | 503 | `{error: "unavailable"}`: it cannot tell now |
//!
//! Every answer says `Cache-Control: no-store`.
//!
//! # Cross-site requests
//!
//! Every `POST` outside `/control/` and `/admin/` that carries a Cookie field must say by `Origin` (which browsers send with every such
//! request, Fetch §3.2) that it comes from this very host: `http://` or, by TLS, `https://`, and the octets of the request's
//! own host and port. Without a Cookie field `Origin` may be missing, but where it is there it must be that. What says
//! `Sec-Fetch-Site` must say `same-origin` or `none`. Anything else is refused with 403 before anything is looked up. So a
//! client that sends cookies sends `Origin: http://<the Host field>` with each `POST`.
