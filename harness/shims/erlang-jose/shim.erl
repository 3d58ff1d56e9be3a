%% jose: `jose_jwt:verify_strict` with a key and the algorithms that are allowed, and `jose_jwt:verify` where the policy has no list, as its
%% documentation shows.
%%
%% A key goes in by `jose_jwk:from_pem` where there is PEM, else by `from_map` of a JWK or `from_binary` of its text, a shared secret
%% by `from_oct`. Of a set it tries every key and chooses none. It verifies the signature and leaves claims to the application: neither
%% times nor names are looked at. A list with `none` sets `jose:unsecured_signing`, for such policies alone. Encrypted tokens go through
%% `jose_jwk:block_decrypt`, after which `alg` and `enc` of the header are compared here, as an application has to; one that has a signed
%% token inside goes through both.
%%
%% It refuses by `{false, _, _}` and `{error, _}`. No exception is documented, but what raises on what it cannot read by its name or by
%% Erlang's custom, `jose_base64url:'decode!'`, JSON's decoder and a `badarg`, is taken for a refusal; any other is a fault.
-module(shim).
-export([main/0]).

-define(SIGNS, [<<"HS256">>, <<"HS384">>, <<"HS512">>, <<"RS256">>, <<"RS384">>, <<"RS512">>, <<"PS256">>, <<"PS384">>, <<"PS512">>,
                <<"ES256">>, <<"ES384">>, <<"ES512">>, <<"EdDSA">>, <<"none">>]).
-define(WRAPS, [<<"dir">>, <<"A128KW">>, <<"A192KW">>, <<"A256KW">>, <<"A128GCMKW">>, <<"A192GCMKW">>, <<"A256GCMKW">>, <<"RSA1_5">>,
                <<"RSA-OAEP">>, <<"RSA-OAEP-256">>, <<"ECDH-ES">>, <<"ECDH-ES+A128KW">>, <<"ECDH-ES+A192KW">>, <<"ECDH-ES+A256KW">>,
                <<"PBES2-HS256+A128KW">>, <<"PBES2-HS384+A192KW">>, <<"PBES2-HS512+A256KW">>]).
-define(ENCRYPTS, [<<"A128CBC-HS256">>, <<"A192CBC-HS384">>, <<"A256CBC-HS512">>, <<"A128GCM">>, <<"A192GCM">>, <<"A256GCM">>]).

main() ->
    {ok, _} = application:ensure_all_started(jose),
    {ok, Version} = application:get_key(jose, vsn),
    assay:serve(#{
        name => "erlang-jose",
        version => Version,
        language => "erlang",
        homepage => "https://hexdocs.pm/jose",
        issues => "https://github.com/potatosalad/erlang-jose/issues",
        supports => ?SIGNS ++ ?WRAPS ++ ?ENCRYPTS ++ [<<"pem">>, <<"jwk">>, <<"secret">>, <<"jwe">>, <<"bytes">>, <<"defaults">>],
        configure => fun configure/1,
        verify => fun verify/2,
        documented => fun documented/3
    }).

documented(_, _, [{Reader, _, _, _} | _]) when Reader =:= jose_base64url; Reader =:= jiffy -> malformed;
documented(error, badarg, _) -> malformed;
documented(error, {badarg, _}, _) -> malformed;
documented(_, _, _) -> undefined.

configure(#{<<"algorithms">> := Listed} = Policy) ->
    Signs = [Name || Name <- Listed, lists:member(Name, ?SIGNS)],
    Wraps = [Name || Name <- Listed, lists:member(Name, ?WRAPS)],
    Encrypts = Listed -- (Signs ++ Wraps),
    case Wraps ++ Encrypts of
        [] -> {signed, key(assay:key(Policy, any)), Signs};
        _ when Signs =:= [] -> {encrypted, key(assay:key(Policy, enc)), Wraps, Encrypts, none};
        _ -> {encrypted, key(assay:key(Policy, enc)), Wraps, Encrypts, {signed, key(assay:key(Policy, sig)), Signs}}
    end;
configure(Policy) ->
    {signed, key(assay:key(Policy, any)), any}.

key(undefined) -> throw({unsupported, <<"jwks">>});
key(#{<<"pem">> := Text}) -> read(fun jose_jwk:from_pem/1, Text);
key(#{<<"secret">> := Secret}) -> read(fun jose_jwk:from_oct/1, base64:decode(Secret));
key(#{<<"jwk">> := Map}) -> read(fun jose_jwk:from_map/1, Map);
key(#{<<"jwk_text">> := Text}) -> read(fun jose_jwk:from_binary/1, Text);
key(#{<<"cert_pem">> := Text}) -> read(fun jose_jwk:from_pem/1, Text);
key(_) -> throw({unsupported, <<"pem">>}).

%% What the library makes no key of, in whichever way it says so, is no key that an application can start with.
read(From, Form) ->
    try From(Form) of
        Key when element(1, Key) =:= jose_jwk -> Key;
        Other -> throw({reject, key, Other})
    catch
        error:Error -> throw({reject, key, Error})
    end.

verify({signed, Key, any}, Token) ->
    verdict(jose_jwt:verify(Key, Token));
verify({signed, Key, Allowed}, Token) ->
    case lists:member(<<"none">>, Allowed) of
        false -> verdict(jose_jwt:verify_strict(Key, Allowed, Token));
        true ->
            jose:unsecured_signing(true),
            try
                verdict(jose_jwt:verify_strict(Key, Allowed, Token))
            after
                jose:unsecured_signing(false)
            end
    end;
verify({encrypted, Key, Wraps, Encrypts, Inside}, Token) ->
    case jose_jwk:block_decrypt(Token, Key) of
        {Content, JWE} when is_binary(Content) ->
            {_, Header} = jose_jwe:to_map(JWE),
            Named = [lists:member(maps:get(Member, Header, undefined), List) || {Member, List} <- [{<<"alg">>, Wraps}, {<<"enc">>, Encrypts}]],
            case Named of
                [true, true] when Inside =:= none -> {element(2, jose_jwt:to_map(jose_jwt:from_binary(Content))), Header};
                [true, true] -> verify(Inside, Content);
                _ -> throw({reject, algorithm, Header})
            end;
        {error, JWE} when element(1, JWE) =:= jose_jwe -> throw({reject, signature, "error"});
        Other -> throw({reject, malformed, Other})
    end.

verdict({true, JWT, JWS}) -> {element(2, jose_jwt:to_map(JWT)), element(2, jose_jws:to_map(JWS))};
verdict({false, _, _}) -> throw({reject, signature, "false"});
verdict({error, Why}) -> throw({reject, malformed, Why}).
