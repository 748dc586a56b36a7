/**
 * A place in a payload as a field of a form, and all that is inside of it. Must not know which command it is of.
 */
import { Icon } from "../parts/icon.tsx";
import { childAt, pointerOf } from "../json/json-tree.ts";
import { type Field, itemOf, membersOf } from "./field.ts";
import { About, Fault, type FieldProps, Name } from "./field-about.tsx";
import { AnythingPart, ChoicePart, TextPart, TimePart } from "./simple-parts.tsx";
import { blank, filled } from "./starting-payload.ts";

export function FieldPart(props: FieldProps) {
  switch (props.field.kind) {
    case "object":
      return <ObjectPart {...props} />;
    case "list":
      return <ListPart {...props} />;
    case "choice":
    case "yes-no":
      return <ChoicePart {...props} />;
    case "text":
    case "number":
      return <TextPart {...props} />;
    case "time":
      return <TimePart {...props} />;
    case "anything":
      return <AnythingPart {...props} />;
  }
}

/** Inside of the payload, or of an object in it: what is there or simple is shown, the rest may be added. */
export function Members({ field, root, path, json, faults, onPut }: FieldProps) {
  const members = membersOf(field, root);
  const isAbsent = (each: Field) =>
    !each.required && (each.kind === "object" || each.kind === "list") && childAt(json, each.name) === undefined;
  return (
    <>
      {members
        .filter((each) => !isAbsent(each))
        .map((each) => (
          <FieldPart
            key={each.name}
            {...{ root, faults, onPut }}
            field={each}
            path={[...path, each.name]}
            json={childAt(json, each.name)}
          />
        ))}
      {members.some(isAbsent) && (
        <div class="line wrap">
          {members.filter(isAbsent).map((each) => (
            <button
              key={each.name}
              type="button"
              class="button small"
              title={each.about}
              onClick={() => onPut([...path, each.name], filled({ ...each, required: true }, root) ?? blank(each))}
            >
              <Icon name="plus" size={12} /> {each.name}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function ObjectPart(props: FieldProps) {
  const { field, path, json, faults, onPut } = props;
  return (
    <fieldset class="form-group">
      <legend>
        <Name field={field} />
        {!field.required && <Remove name={field.name} onRemove={() => onPut(path, undefined)} />}
      </legend>
      <About field={field} />
      <Fault text={faults.get(pointerOf(path))} />
      <Members {...props} json={json} />
    </fieldset>
  );
}

function ListPart({ field, root, path, json, faults, onPut }: FieldProps) {
  if (field.kind !== "list") return null;
  const items = json?.kind === "array" ? json.items : [];
  const isFull = field.max !== null && items.length >= field.max;
  const add = () => {
    const item = itemOf(field, root, items.length);
    onPut([...path, items.length], filled(item, root) ?? blank(item));
  };
  return (
    <fieldset class="form-group">
      <legend>
        <Name field={field} />
        <span class="muted small number">
          {items.length}
          {field.max === null ? "" : ` of ${field.max}`}
        </span>
        {!field.required && <Remove name={field.name} onRemove={() => onPut(path, undefined)} />}
      </legend>
      <About field={field} />
      <Fault text={faults.get(pointerOf(path))} />
      {items.map((item, place) => (
        <div class="form-item" key={place}>
          <span class="muted small number">{place + 1}</span>
          <ListItem
            {...{ root, faults, onPut }}
            field={itemOf(field, root, place)}
            path={[...path, place]}
            json={item}
          />
          <Remove
            name={`${field.name} ${place + 1}`}
            isDisabled={items.length <= field.min}
            onRemove={() => onPut([...path, place], undefined)}
          />
        </div>
      ))}
      <div>
        <button
          type="button"
          class="button small"
          disabled={isFull}
          title={isFull ? `At most ${field.max}` : undefined}
          onClick={add}
        >
          <Icon name="plus" size={12} /> Add to {field.name}
        </button>
      </div>
    </fieldset>
  );
}

/** Without a frame and a name: the list has them. */
const ListItem = (props: FieldProps) =>
  props.field.kind === "object" ? (
    <div class="form-members">
      <Fault text={props.faults.get(pointerOf(props.path))} />
      <Members {...props} />
    </div>
  ) : (
    <FieldPart {...props} />
  );

const Remove = ({
  name,
  isDisabled = false,
  onRemove,
}: {
  name: string;
  isDisabled?: boolean;
  onRemove: () => void;
}) => (
  <button
    type="button"
    class="button small quiet icon"
    aria-label={`Remove ${name}`}
    title={isDisabled ? "It needs this many" : `Remove ${name}`}
    disabled={isDisabled}
    onClick={onRemove}
  >
    <Icon name="close" size={12} />
  </button>
);
