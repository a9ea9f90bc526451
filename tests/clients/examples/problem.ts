import type { GraphQLFormattedError } from "graphql";

/** What Docket says about an error beside its message. */
interface Extensions {
  code: string;
  /** With BAD_USER_INPUT: each value that breaks a rule. */
  fields?: { path: (string | number)[]; message: string }[];
  /** With CONFLICT: the version that the task has now. */
  currentVersion?: number;
}

export function extensionsOf(error: Pick<GraphQLFormattedError, "extensions">): Extensions {
  return { code: "UNKNOWN", ...error.extensions };
}

/** What to show to the user. Codes are part of the API; messages are for developers. */
export function problem(error: Pick<GraphQLFormattedError, "extensions">): string {
  const { code, fields, currentVersion } = extensionsOf(error);
  switch (code) {
    case "BAD_USER_INPUT":
      return (
        fields?.map(({ path, message }) => `${path.at(-1)}: ${message}`).join("\n") ??
        "Look at what you typed."
      );
    case "NOT_FOUND":
      return "This task is gone.";
    case "CONFLICT":
      return `Somebody changed this task meanwhile (it is at version ${currentVersion}).`;
    case "UNAUTHENTICATED":
      return "Sign in again.";
    default:
      return "Something went wrong. Try again.";
  }
}
