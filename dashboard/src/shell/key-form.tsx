import { useState, type SubmitEvent } from "react";
import * as session from "../api/session";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { TextField } from "../ui/fields";

export function KeyForm({ refusal }: { refusal: string | null }) {
  const [key, setKey] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (key.trim()) session.enter(key.trim());
  };
  return (
    <form onSubmit={submit} className="mx-auto flex max-w-md flex-col gap-4 px-4 py-20">
      <h1>{strings.key.title}</h1>
      <p className="text-sm text-muted">{strings.key.why}</p>
      {refusal && (
        <p role="alert" className="rounded-lg bg-bad-soft p-3 text-sm text-bad">
          {refusal}
        </p>
      )}
      <TextField label={strings.key.label} type="password" value={key} onChange={setKey} autoFocus isRequired />
      <Button kind="primary" type="submit">
        {strings.key.enter}
      </Button>
      <p className="text-xs text-muted">
        {strings.key.how} <code className="inline-block rounded bg-raised px-1 py-0.5">{strings.key.command}</code>
      </p>
    </form>
  );
}
