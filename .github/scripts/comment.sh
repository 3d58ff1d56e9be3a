#!/usr/bin/env bash
# Keeps one comment at a pull request true: it says what changed, and is there only where something did.
#
# comment.sh MARKER FILE: the comment that holds MARKER becomes FILE; an empty FILE takes it away, and where there is none
# nothing is said. Takes GITHUB_REPOSITORY, PULL_REQUEST (its number) and what `gh` wants (GH_TOKEN). A token that may not
# write, as a pull request from a fork has, costs the comment and not the run: what would be said stands on the run's page.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

marker="<!-- assay: $1 -->"
file="$2"
comments="repos/${GITHUB_REPOSITORY:?}/issues/${PULL_REQUEST:?}/comments"

# A comment has at most 65536 characters.
body="$(mktemp)"
if [ -s "$file" ]; then
  { echo "$marker"; head -c 60000 "$file"; } >"$body"
  [ "$(wc -c <"$file")" -le 60000 ] || printf '\n\n(cut off; the whole is on the page of the run)\n' >>"$body"
  summary <"$file"
fi

found="$(gh api --paginate "$comments" --jq ".[] | select(.body | contains(\"$marker\")) | .id" | head -n 1)" || {
  warning "comments cannot be read; see the run's page"
  exit 0
}
case "$([ -s "$body" ] && echo said)/$found" in
  /) echo "nothing to say" ;;
  said/) gh api --silent --method POST "$comments" -F body=@"$body" || warning "no comment can be written; see the run's page" ;;
  said/*)
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$found" -F body=@"$body" ||
      warning "the comment cannot be changed; see the run's page"
    ;;
  *)
    gh api --silent --method DELETE "repos/$GITHUB_REPOSITORY/issues/comments/$found" ||
      warning "the comment cannot be taken away"
    ;;
esac
