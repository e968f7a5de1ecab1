import { useState } from "react";
import { RadioButton, RadioField, RadioGroup } from "react-aria-components";
import { ROOT } from "../api/client";
import * as session from "../api/session";
import { strings } from "../strings";
import { Button } from "../ui/button";
import { Page, Panel } from "../ui/page";
import { show, theme, THEMES, type Theme } from "../ui/theme";

const words = strings.settings;

export function SettingsPage() {
  return (
    <Page title={words.title}>
      <Panel title={words.appearance} className="max-w-xl">
        <Appearance />
      </Panel>
      <Panel title={words.key} className="max-w-xl">
        <p className="mb-3 text-sm text-muted">{words.keyKept}</p>
        <Button kind="danger" onPress={() => session.leave()}>
          {words.forget}
        </Button>
      </Panel>
      <a href={new URL("docs", ROOT).href} className="text-sm text-accent underline underline-offset-2">
        {words.docs}
      </a>
    </Page>
  );
}

function Appearance() {
  const [chosen, setChosen] = useState(theme);
  const choose = (next: string) => {
    show(next as Theme);
    setChosen(next as Theme);
  };
  return (
    <RadioGroup aria-label={words.appearance} value={chosen} onChange={choose} className="mt-1 flex flex-wrap gap-2">
      {THEMES.map((each) => (
        <RadioField key={each} value={each}>
          <RadioButton
            className="cursor-pointer rounded-lg border border-line px-4 py-2 text-sm data-[selected]:border-accent data-[selected]:bg-accent-soft data-[selected]:font-medium data-[selected]:text-accent"
          >
            {words.themes[each]}
          </RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}
