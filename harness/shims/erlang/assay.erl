%% The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Erlang libraries that verify tokens.
%%
%% `serve` takes the library's identity, what it supports, and two functions: `configure` makes of a policy what an application holds
%% from its start (parsed keys, lists), and `verify` shows it one token. It reads requests from stdin until they end and writes an
%% answer for each. A configuration is kept until a request has another policy. What a policy needs beyond `supports` is answered
%% `unsupported` before the library sees it. `throw` of `{reject, Reason, Detail}` or `{unsupported, Feature}` is such an answer; any
%% exception is a fault, but where `documented`, which is asked with its class, itself and its stack, gives a reason.
%%
%% Nothing here knows a library. JSON is read and written by jiffy; text that is no UTF-8 is mended when it is written.
-module(assay).
-export([serve/1, one/2, key/2]).

-define(PROTOCOL, 1).
-define(LONGEST_DETAIL, 4000).

serve(Shim) ->
    case lists:member("--sample", init:get_plain_arguments()) of
        % No cookies are made here.
        true -> ok;
        false -> loop(open_port({fd, 0, 1}, [binary, stream, eof]), [], Shim, none)
    end,
    halt(0).

%% The only value of a member that may be one or several, or `undefined`.
one(Policy, Member) ->
    case maps:get(Member, Policy, undefined) of
        [Value] -> Value;
        Value -> Value
    end.

%% A key of the policy: the only one, or the one whose `use` is told (`enc`, or `sig` for any other); `undefined` where none fits.
key(#{<<"keys">> := [Key]}, _) -> Key;
key(#{<<"keys">> := Keys}, Use) when Use =/= any ->
    case [Key || Key <- Keys, (maps:get(<<"use">>, Key, <<>>) =:= <<"enc">>) =:= (Use =:= enc)] of
        [Key] -> Key;
        _ -> undefined
    end;
key(_, _) -> undefined.

loop(Port, Held, Shim, Configured) ->
    receive
        {Port, {data, Data}} ->
            case binary:split(Data, <<"\n">>, [global]) of
                [Part] ->
                    loop(Port, [Part | Held], Shim, Configured);
                [First | More] ->
                    Line = iolist_to_binary(lists:reverse(Held, [First])),
                    {Rest, Lines} = {lists:last(More), [Line | lists:droplast(More)]},
                    case lines(Port, Lines, Shim, Configured) of
                        stop -> ok;
                        Now -> loop(Port, [Rest], Shim, Now)
                    end
            end;
        {Port, eof} ->
            case iolist_to_binary(lists:reverse(Held)) of
                <<>> -> ok;
                Line -> lines(Port, [Line], Shim, Configured)
            end
    end.

lines(_, [], _, Configured) -> Configured;
lines(Port, [Line | Lines], Shim, Configured) ->
    case reply(Line, Shim, Configured) of
        stop -> stop;
        {Answer, Now} ->
            port_command(Port, [jiffy:encode(Answer, [force_utf8]), $\n]),
            lines(Port, Lines, Shim, Now)
    end.

reply(Line, Shim, Configured) ->
    Request = try jiffy:decode(Line, [return_maps]) catch _:_ -> bad end,
    case Request of
        #{<<"cmd">> := <<"stop">>} -> stop;
        #{<<"cmd">> := <<"start">>, <<"protocol">> := ?PROTOCOL} ->
            Target = maps:map(fun(_, Text) -> unicode:characters_to_binary(Text) end,
                              maps:with([name, version, language, homepage, issues], Shim)),
            {#{protocol => ?PROTOCOL, target => Target, supports => maps:get(supports, Shim)}, Configured};
        #{<<"cmd">> := <<"start">>} ->
            {#{error => <<"unknown-protocol">>, supported => [?PROTOCOL]}, Configured};
        #{<<"cmd">> := <<"verify">>, <<"seq">> := Seq, <<"input">> := #{} = Input, <<"policy">> := #{} = Policy} when is_integer(Seq) ->
            verify(Seq, Input, Policy, Shim, Configured);
        #{<<"cmd">> := <<"verify">>} -> {#{error => <<"bad-line">>}, Configured};
        #{<<"cmd">> := Command} when is_binary(Command) -> {#{error => <<"unknown-cmd">>}, Configured};
        _ -> {#{error => <<"bad-line">>}, Configured}
    end.

verify(Seq, Input, Policy, Shim, Configured) ->
    case {Policy, Input} of
        {#{<<"cookie">> := Cookie}, _} -> {(unsupported(maps:get(<<"scheme">>, Cookie, <<"cookie">>)))#{seq => Seq}, Configured};
        {_, #{<<"token">> := Token}} when is_binary(Token) -> shown(Seq, Token, Policy, Shim, Configured);
        {_, #{<<"bytes">> := Bytes}} when is_binary(Bytes) ->
            case lists:member(<<"bytes">>, maps:get(supports, Shim)) of
                true -> shown(Seq, base64:decode(Bytes), Policy, Shim, Configured);
                false -> {(unsupported(<<"bytes">>))#{seq => Seq}, Configured}
            end;
        {_, #{<<"cookie">> := _}} -> {(unsupported(<<"cookie">>))#{seq => Seq}, Configured};
        _ -> {#{error => <<"bad-line">>}, Configured}
    end.

shown(Seq, Token, Policy, Shim, Configured) ->
    {_, Held} = Now = configured(Policy, Shim, Configured),
    Answer = case Held of
        {answer, Refusal} -> Refusal;
        {ok, Configuration} ->
            Started = erlang:monotonic_time(nanosecond),
            Verdict = answered(fun() -> accept((maps:get(verify, Shim))(Configuration, Token)) end, Shim),
            Verdict#{nanoseconds => erlang:monotonic_time(nanosecond) - Started}
    end,
    {Answer#{seq => Seq}, Now}.

configured(Policy, _, {Policy, _} = Configured) -> Configured;
configured(Policy, Shim, _) ->
    Made = case lacking(Policy, maps:get(supports, Shim)) of
        none ->
            case answered(fun() -> {ok, (maps:get(configure, Shim))(Policy)} end, Shim) of
                {ok, _} = Configuration -> Configuration;
                Refusal -> {answer, Refusal}
            end;
        Feature -> {answer, unsupported(Feature)}
    end,
    {Policy, Made}.

answered(What, Shim) ->
    try
        What()
    catch
        throw:{reject, Reason, Detail} -> reject(Reason, Detail);
        throw:{unsupported, Feature} -> unsupported(Feature);
        Class:Error:Stack ->
            case (maps:get(documented, Shim))(Class, Error, Stack) of
                undefined -> #{fault => text({Class, Error, Stack})};
                Reason -> reject(Reason, {Class, Error})
            end
    end.

%% Claims that are no object are a refusal: an application that reads claims has none.
accept({#{} = Claims, #{} = Header}) -> #{verdict => accept, claims => Claims, header => Header};
accept({#{} = Claims, undefined}) -> #{verdict => accept, claims => Claims};
accept(_) -> reject(malformed, "the payload is no JSON object").

reject(Reason, Detail) -> #{verdict => reject, reason => Reason, detail => text(Detail)}.

unsupported(Feature) -> #{verdict => unsupported, feature => Feature}.

text(Detail) ->
    Long = case io_lib:printable_unicode_list(Detail) of
        true -> Detail;
        false -> io_lib:format("~tP", [Detail, 60])
    end,
    unicode:characters_to_binary(string:slice(lists:flatten(Long), 0, ?LONGEST_DETAIL)).

%% The first thing that a policy asks for and the library does not do.
lacking(Policy, Supports) ->
    Values = [{<<"issuer">>, <<"issuer">>}, {<<"audience">>, <<"audience">>}, {<<"subject">>, <<"subject">>}, {<<"typ">>, <<"typ">>},
              {<<"max_age">>, <<"max-age">>}],
    Needs = maps:get(<<"algorithms">>, Policy, [<<"defaults">>]) ++
        [<<"jwks">> || maps:get(<<"jwks">>, Policy, false)] ++
        [several(Word, maps:get(Member, Policy)) || {Member, Word} <- Values, maps:get(Member, Policy, []) =/= []] ++
        [<<"leeway">> || maps:get(<<"leeway">>, Policy, 0) =/= 0] ++
        [<<"required-claims">> || maps:get(<<"required_claims">>, Policy, []) =/= []] ++
        [<<"critical">> || maps:get(<<"critical">>, Policy, []) =/= []],
    case [Need || Need <- Needs, not lists:member(Need, Supports)] of
        [] -> none;
        [First | _] -> First
    end.

several(Word, [_, _ | _]) -> <<Word/binary, "-list">>;
several(Word, _) -> Word.
