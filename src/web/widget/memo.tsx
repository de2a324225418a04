import { Component, type ComponentType, type JSX } from 'preact';

/** A component that is rendered again only when one of its properties is another one: rows of a long conversation. */
export function memo<Props extends object>(Row: (props: Props) => JSX.Element | null): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return (Object.keys(next) as (keyof Props)[]).some((key) => next[key] !== this.props[key]);
    }

    override render(props: Props): JSX.Element {
      return <Row {...props} />;
    }
  };
}
